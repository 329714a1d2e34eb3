"""Tokens of 1,000 items by the templates that ship, to be multiplied by a model's prices.

    python benchmarks/generation_cost.py --data DIR --tokenizer FILE

``FILE`` is a tokenizer.json, for instance of the model that will be asked; it needs the package ``tokenizers``.
The data folder has ``medmcqa/``, ``morfitt/``, ``e3c-fr/`` and ``tico-19/``.

What is sent is counted, roles and all, without the schema, which some servers add. What comes back is estimated for
translation: the tokens of what is sent to be translated, times what French takes more than English in the pairs of
TICO-19 by the same tokenizer. A synthesis' reply is bounded by its template's ``longest``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from measure import print_table

from medinjection_fr.generate.pairs import read_pairs
from medinjection_fr.generate.run import choose_materials, find_materials
from medinjection_fr.generate.synthesis.tasks import FIELDS as TASK_FIELDS
from medinjection_fr.generate.synthesis.tasks import find_tasks
from medinjection_fr.generate.templates import find_template
from medinjection_fr.generate.translation.parts import parts_of, to_send
from medinjection_fr.generate.translation.translate import FIELDS, NEEDED
from medinjection_fr.models.request import Request
from medinjection_fr.sources.catalogue import find_source

_OF_A_MESSAGE = 5
"""Tokens that a chat template puts around a message, as ChatML does."""
_ITEMS, _DOCUMENTS = 500, 200


def _sent(request: Request, count: Any) -> int:
    return sum(count(message["content"]) + _OF_A_MESSAGE for message in request.messages)


def _materials(name: str, data: Path, yields: str, limit: int) -> list[dict[str, Any]]:
    inputs = find_materials(find_source(name), data / name, yields)
    return [dict(row) for _, row in choose_materials(inputs, limit)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    arguments = parser.parse_args()
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))

    def count(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    pairs = read_pairs(arguments.data / "tico-19" / "all.en-fr.tmx").kept
    more = sum(count(pair.french) for pair in pairs) / sum(count(pair.english) for pair in pairs)
    print(f"French takes {more:.2f} times the tokens of English ({len(pairs):,} pairs).\n")

    template = find_template("translate-item", FIELDS, NEEDED)
    rows = []
    items = _materials("medmcqa", arguments.data, "items", _ITEMS)
    for explain in (True, False):
        given = came = 0.0
        for item in items:
            sent = to_send(parts_of(item, explain))
            source = json.dumps(sent, ensure_ascii=False, indent=1)
            values = {name: sent.get(name, "") for name in FIELDS} | {"source": source, "segments": source}
            given += _sent(Request(template.messages(values)), count)
            came += more * count(source)
        name = f"translate-item, MedMCQA with{'' if explain else 'out'} explanations"
        rows.append((name, len(items), given / len(items), came / len(items)))
    sources = {"abstract": "morfitt", "clinical-case": "e3c-fr"}
    documents = {
        kind: _materials(name, arguments.data, "documents", _DOCUMENTS) for kind, name in sources.items()
    }
    for task in find_tasks(()):
        for kind in task.content["documents"]:
            texts = [row for row in documents.get(kind, []) if row["kind"] == kind]
            if not texts:
                continue
            given = 0.0
            for row in texts:
                values = dict.fromkeys(TASK_FIELDS, "") | {
                    "document": row["text"],
                    "title": row["title"] or "",
                    "subject": row["subject"] or "",
                    "correct_count": 3,
                }
                given += _sent(Request(task.messages(values)), count)
            rows.append((f"{task.name}, {sources[kind]}", len(texts), given / len(texts), None))
    print_table(
        "Tokens",
        ("template", "counted", "sent, per 1,000", "comes back, per 1,000"),
        [
            (name, f"{counted:,}", f"{given * 1000:,.0f}", "–" if came is None else f"{came * 1000:,.0f}")
            for name, counted, given, came in rows
        ],
    )


if __name__ == "__main__":
    main()
