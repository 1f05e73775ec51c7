"""One file per chapter of the story, in the order in which `infra/demo/story.py` tells them."""
