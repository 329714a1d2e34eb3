"""The notebook runs beside a release, from its first cell to its last, and is kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from damage import copy_of
from nbclient import NotebookClient
from releases import manifest_of
from traitlets.config import Config

from medinjection_fr.release.verify import verify
from medinjection_fr.resources import PACKAGE

NOTEBOOK = PACKAGE.parent / "notebooks" / "quickstart.ipynb"

pytestmark = pytest.mark.skipif(not NOTEBOOK.exists(), reason="needs the checkout")


def test_notebook_is_kept_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("place", [".", "notebooks"])
def test_notebook_runs(sample_release: Path, tmp_path: Path, place: str) -> None:
    release = copy_of(sample_release, tmp_path)
    (tmp_path / place).mkdir(exist_ok=True)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path / place)}}
    NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=600,
        iopub_timeout=300,  # outputs that come later are lost
        kernel_name="python3",
        resources=resources,
        # Ports are chosen before the kernel binds them: another process may take them in between.
        config=Config(KernelManager={"transport": "ipc", "ip": str(tmp_path / "kernel")}),
    ).execute()
    shown = "\n".join(
        output.get("text", "") or str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    )
    rows = manifest_of(release)["configs"]["native+translated"]["splits"]["train"]["rows"]
    assert f"num_rows: {rows}" in shown
    assert "--- user\n" in shown and "--- assistant\n" in shown
    assert "Choix de réponses :" in shown
    assert verify(release) == []  # looking at a release leaves it as it was
