"""One module per part of the demo; `infra/demo/demo.py` runs them in order."""
