"""MedInjection-FR for datasets < 4, which runs a script.

    load_dataset("medinjection-fr/medinjection_fr.py", "native+translated", trust_remote_code=True)

Newer versions read the configurations from the card: ``load_dataset("medinjection-fr", …)`` works
in all of them, without this file. It needs nothing but datasets; each release carries a copy in
which ``RELEASE`` says its own version, digest and shards.
"""

import datasets
import pyarrow as pa

RELEASE = {"version": "0.0.0", "digest": "", "default": "", "configs": {}}

LIST_COLUMNS = ["choices", "facts", "flags"]
COLUMNS = [
    "id",
    "instruction",
    "context",
    "choices",
    "answer",
    "explanation",
    "facts",
    "type",
    "origin",
    "task",
    "source",
    "source_id",
    "group_id",
    "subject",
    "license",
    "derived_from",
    "generator",
    "generation_id",
    "flags",
]


class MedInjectionFR(datasets.ArrowBasedBuilder):
    """Reads the shards of one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(
            name=name, version=RELEASE["version"], description="sha256:" + config["digest"]
        )
        for name, config in RELEASE["configs"].items()
    ]
    DEFAULT_CONFIG_NAME = RELEASE["default"] or None

    def _info(self):
        text = datasets.Value("string")
        features = {name: [text] if name in LIST_COLUMNS else text for name in COLUMNS}
        return datasets.DatasetInfo(features=datasets.Features(features), version=self.config.version)

    def _split_generators(self, dl_manager):
        splits = RELEASE["configs"][self.config.name]["splits"]
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"shards": dl_manager.download(paths)})
            for split, paths in splits.items()
        ]

    def _generate_tables(self, shards):
        for number, shard in enumerate(shards):
            with open(shard, "rb") as file:
                for batch_number, batch in enumerate(pa.ipc.open_stream(file)):
                    yield f"{number}-{batch_number}", pa.Table.from_batches([batch])
