"""How a type of the API is described: its local properties, and its relations with the type they lead to.

In the notation of `described` a bare name is a scalar, `name:Type` leads to one object, `name:Type[]` to
several, `name:Type!` to one that comes unasked, and the type `*` is one whose properties are not described
(any name passes).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """Where a relational property leads. An empty kind is a scalar; an eager one comes unasked."""

    kind: str
    many: bool
    eager: bool


@dataclass(frozen=True)
class Type:
    """A type's properties. `counts` maps each `…Count` to the list relation it counts."""

    local: frozenset[str]
    relations: dict[str, Relation]
    counts: dict[str, str]

    @property
    def eager(self) -> list[str]:
        """The relations that come with the local properties."""
        return [name for name, relation in self.relations.items() if relation.eager]

    def has(self, name: str) -> bool:
        """Whether a mask may name this property."""
        return name in self.local or name in self.relations or name in self.counts


def _singular(name: str) -> str:
    if name.endswith("sses"):
        return name.removesuffix("es")
    if name.endswith("ies"):
        return name.removesuffix("ies") + "y"
    return name.removesuffix("s")


def described(local: str, relational: str = "") -> Type:
    """A type from its properties, given as words."""
    relations = {}
    for word in relational.split():
        name, _, kind = word.partition(":")
        eager = kind.endswith("!")
        kind = kind.removesuffix("!")
        relations[name] = Relation(kind.removesuffix("[]"), kind.endswith("[]"), eager)
    counts = {f"{_singular(name)}Count": name for name, relation in relations.items() if relation.many}
    return Type(frozenset(local.split()), relations, counts)
