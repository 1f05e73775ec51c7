"""A simulated streaming service with known truth.

It uses the platform from outside only: it produces events and requests pages.
"""

from infra.world.behavior import VisitContext
from infra.world.settings import WorldSettings
from infra.world.truth import ShownRow, Truth
from infra.world.world import World, generate

__all__ = ["ShownRow", "Truth", "VisitContext", "World", "WorldSettings", "generate"]
