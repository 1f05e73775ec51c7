"""A make-believe streaming service with known truth; it drives the platform from outside: events
in, pages out.
"""

from infra.world.behavior import VisitContext
from infra.world.settings import WorldSettings
from infra.world.truth import PageRow, Truth
from infra.world.world import World, generate

__all__ = ["PageRow", "Truth", "VisitContext", "World", "WorldSettings", "generate"]
