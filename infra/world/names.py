"""The vocabulary of the simulated service: genres, countries, and names of titles and people."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

THEMES = 16
MORNING, AFTERNOON, EVENING, NIGHT = range(4)


@dataclass(frozen=True, slots=True)
class Genre:
    """One genre. Related genres share a part of its theme direction."""

    name: str
    youngest: int
    """Lowest maturity level of the genre's titles."""
    oldest: int
    """Highest maturity level."""
    share: float
    """Relative number of titles."""
    daypart: int
    """Part of the day that suits the genre."""
    relatives: tuple[str, ...]
    moods: tuple[str, ...]
    tags: tuple[str, ...]
    adjectives: tuple[str, ...]
    nouns: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(","))


def _genre(
    name: str,
    ages: tuple[int, int],
    share: float,
    daypart: int,
    relatives: str,
    vocabulary: tuple[str, str, str, str],
) -> Genre:
    moods, tags, adjectives, nouns = (_split(text) for text in vocabulary)
    return Genre(
        name,
        ages[0],
        ages[1],
        share,
        daypart,
        _split(relatives) if relatives else (),
        moods,
        tags,
        adjectives,
        nouns,
    )


GENRES: tuple[Genre, ...] = (
    _genre(
        "Drama", (7, 16), 3.0, EVENING, "Romance",
        (
            "moving, quiet, intense",
            "family secrets, small town, second chance",
            "Quiet, Borrowed, Broken, Distant, Long",
            "Letters, House, Summer, Promise, Daughters, Orchard",
        ),
    ),
    _genre(
        "Comedy", (0, 16), 2.6, EVENING, "Romance",
        (
            "funny, warm, absurd",
            "workplace, odd couple, mistaken identity",
            "Terrible, Accidental, Perfect, Unlikely, Spare",
            "Neighbors, Weekend, Wedding, Plan, Flatmates, Holiday",
        ),
    ),
    _genre(
        "Action", (12, 18), 1.8, NIGHT, "Adventure, Thriller",
        (
            "thrilling, fast, loud",
            "one against all, chase, revenge",
            "Final, Iron, Rogue, Burning, Zero",
            "Strike, Vengeance, Convoy, Bullet, Protocol, Siege",
        ),
    ),
    _genre(
        "Thriller", (12, 18), 1.6, NIGHT, "Crime, Mystery",
        (
            "tense, dark, twisting",
            "conspiracy, hostage, double life",
            "Silent, Cold, Hidden, Last, Blind",
            "Witness, Line, Signal, Alibi, Passenger, Hour",
        ),
    ),
    _genre(
        "Crime", (12, 18), 1.5, NIGHT, "Thriller, Mystery",
        (
            "gritty, dark, clever",
            "heist, detective, courtroom",
            "Black, Crooked, Northern, Guilty, Paper",
            "Harbour, Money, Case, Inspector, Jury, Vault",
        ),
    ),
    _genre(
        "Romance", (7, 16), 1.4, EVENING, "Drama, Comedy",
        (
            "romantic, warm, bittersweet",
            "first love, long distance, pretending",
            "Slow, Sweet, Second, Midnight, Paper",
            "Kiss, Spring, Hearts, Dance, Goodbye, Promise",
        ),
    ),
    _genre(
        "Sci-Fi", (7, 16), 1.2, NIGHT, "Fantasy, Adventure",
        (
            "mind-bending, vast, eerie",
            "time loop, first contact, lost colony",
            "Parallel, Silent, Orbital, Electric, Distant",
            "Horizon, Colony, Machine, Signal, Star, Memory",
        ),
    ),
    _genre(
        "Fantasy", (7, 16), 1.0, AFTERNOON, "Adventure, Sci-Fi",
        (
            "magical, sweeping, dark",
            "quest, chosen one, ancient curse",
            "Hidden, Silver, Fallen, Ancient, Thorn",
            "Crown, Forest, Dragon, Kingdom, Oath, Tower",
        ),
    ),
    _genre(
        "Adventure", (0, 12), 1.2, AFTERNOON, "Action, Fantasy",
        (
            "thrilling, sunny, sweeping",
            "treasure, survival, expedition",
            "Lost, Wild, Golden, Farthest, Open",
            "River, Island, Map, Voyage, Summit, Desert",
        ),
    ),
    _genre(
        "Horror", (12, 18), 1.0, NIGHT, "Mystery, Thriller",
        (
            "scary, eerie, dark",
            "haunted house, found footage, cult",
            "Hollow, Crawling, Unholy, Pale, Buried",
            "Cellar, Choir, Night, Visitor, Skin, Children",
        ),
    ),
    _genre(
        "Mystery", (7, 16), 1.0, EVENING, "Crime, Thriller",
        (
            "clever, twisting, cosy",
            "whodunit, locked room, cold case",
            "Missing, Curious, Locked, Seventh, Forgotten",
            "Guest, Room, Key, Portrait, Village, Clock",
        ),
    ),
    _genre(
        "Documentary", (0, 12), 1.3, AFTERNOON, "History",
        (
            "thoughtful, surprising, quiet",
            "nature, true crime, portrait",
            "Inside, Secret, Living, Unseen, Deep",
            "Ocean, Kitchen, Planet, Archive, Empire, City",
        ),
    ),
    _genre(
        "History", (7, 16), 0.8, EVENING, "Documentary, Drama",
        (
            "epic, thoughtful, intense",
            "war, royal court, revolution",
            "Imperial, Last, Fallen, Forgotten, Red",
            "Emperor, Front, Treaty, Regiment, Court, Winter",
        ),
    ),
    _genre(
        "Family", (0, 7), 1.2, MORNING, "Animation, Comedy",
        (
            "warm, funny, sunny",
            "talking animals, holidays, school",
            "Little, Brave, Runaway, Jolly, Upside-Down",
            "Penguin, Grandpa, Treehouse, Puppy, Circus, Bakery",
        ),
    ),
    _genre(
        "Animation", (0, 12), 1.2, MORNING, "Family, Fantasy",
        (
            "colorful, funny, magical",
            "hand-drawn, robots, tiny heroes",
            "Tiny, Flying, Magic, Sleepy, Super",
            "Robot, Fox, Dragon, Moon, Monsters, Garden",
        ),
    ),
    _genre(
        "Reality", (7, 12), 1.0, AFTERNOON, "Documentary",
        (
            "light, funny, surprising",
            "baking, makeover, contest",
            "Great, Ultimate, Extreme, Celebrity, Blind",
            "Kitchen, Auction, Garden, Challenge, Renovation, Date",
        ),
    ),
)  # fmt: skip
GENRE_INDEX = {genre.name: index for index, genre in enumerate(GENRES)}


@dataclass(frozen=True, slots=True)
class Country:
    """A market: UTC offset (without summer time), languages, and share of the households."""

    code: str
    utc_offset_min: int
    languages: tuple[str, ...]
    share: float


COUNTRIES: tuple[Country, ...] = (
    Country("US", -300, ("en", "es"), 0.34),
    Country("GB", 0, ("en",), 0.16),
    Country("DE", 60, ("de", "en"), 0.12),
    Country("FR", 60, ("fr",), 0.10),
    Country("ES", 60, ("es",), 0.08),
    Country("BR", -180, ("pt",), 0.10),
    Country("IN", 330, ("hi", "en"), 0.06),
    Country("JP", 540, ("ja",), 0.04),
)
LANGUAGES: tuple[str, ...] = ("en", "es", "de", "fr", "pt", "hi", "ja")
DEVICES: tuple[str, ...] = ("tv", "phone", "tablet", "web")

_PLACES = _split(
    "Lisbon, the Valley, Marseille, the North, Harrow Street, Kyoto, the Coast, Vienna, Mill "
    "Lane, Recife, Bergen, the Hill, Galway, Jaipur, Ward Nine"
)
_FIRST = _split(
    "Ada, Amir, Bea, Caio, Chloe, Dev, Elif, Emil, Farah, Greta, Hana, Hugo, Ines, Ivo, "
    "Jonas, Kenji, Lena, Lucia, Mara, Mateo, Mei, Milan, Nadia, Nils, Noor, Olga, Omar, "
    "Paula, Rafael, Rosa, Sana, Sven, Tara, Theo, Uma, Vera, Yara, Zoe"
)
_LAST = _split(
    "Abara, Almeida, Becker, Bauer, Castillo, Costa, Dubois, Eriksen, Fontaine, Garcia, "
    "Haddad, Hoffmann, Ito, Jansen, Kaur, Keller, Lindgren, Marsh, Mendes, Moreau, Nakamura, "
    "Novak, Okafor, Petrov, Quinn, Rao, Rossi, Santos, Sato, Silva, Tanaka, Varga, Weber, "
    "Winter, Yilmaz, Zhang"
)
_OPENINGS = _split(
    "When an old friend returns, After a storm cuts off the road, On the last day of the "
    "season, With everything to lose, Years after the trial, While the city sleeps, Far from "
    "home"
)
_TURNS = _split(
    "nothing is what it was, a promise comes due, the wrong person finds out, two strangers "
    "must work together, an old debt is called in, the whole family gets involved, the way "
    "back is gone"
)


def title_names(rng: np.random.Generator, genres: Iterator[Genre]) -> Iterator[str]:
    """Draw one name per genre; a repeated name gets a number, so that all names differ."""
    used: dict[str, int] = {}
    for genre in genres:
        name = _name(rng, genre)
        used[name] = used.get(name, 0) + 1
        yield name if used[name] == 1 else f"{name} {used[name]}"


def _name(rng: np.random.Generator, genre: Genre) -> str:
    adjective = genre.adjectives[rng.integers(len(genre.adjectives))]
    noun = genre.nouns[rng.integers(len(genre.nouns))]
    shape = rng.integers(5)
    location = _PLACES[rng.integers(len(_PLACES))]
    first = _FIRST[rng.integers(len(_FIRST))]
    patterns = (
        f"The {adjective} {noun}",
        f"{adjective} {noun}",
        f"The {noun} of {location}",
        f"{first}'s {noun}",
        f"{adjective} {noun} in {location}",
    )
    return patterns[shape]


def person_name(rng: np.random.Generator) -> str:
    """Draw a first and a last name."""
    return f"{_FIRST[rng.integers(len(_FIRST))]} {_LAST[rng.integers(len(_LAST))]}"


def first_name(rng: np.random.Generator) -> str:
    """Draw the name of a profile."""
    return _FIRST[rng.integers(len(_FIRST))]


def synopsis(rng: np.random.Generator, genre: Genre, mood: str) -> str:
    """Draw a synopsis of one sentence."""
    opening, turn = _OPENINGS[rng.integers(len(_OPENINGS))], _TURNS[rng.integers(len(_TURNS))]
    tag = genre.tags[rng.integers(len(genre.tags))]
    return f"{opening}, {turn}: a {mood} {genre.name.lower()} of {tag}."


def season_name(name: str, order: int) -> str:
    """The name of the n-th title of a franchise."""
    return f"{name}: Part {order}"
