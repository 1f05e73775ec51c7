"""Settings of every component, from a profile, the home folder and the environment."""

from infra.settings.load import load_settings
from infra.settings.sections import Settings

__all__ = ["Settings", "load_settings"]
