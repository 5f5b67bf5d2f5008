"""Check a certificate: a file of whole numbers that says a division is the best, or that none fits.

Shares no code with the engine and needs nothing but Python. Every zone that a division could use
is listed again here, in another way; every bound is added up again.

    python benchmarks/check_certificate.py certificate.json
"""

import json
import sys
from pathlib import Path
from typing import Any


def check(data: dict[str, Any]) -> str | None:  # noqa: PLR0911  # one return a complaint
    """Return None where the certificate proves its claim, else what is wrong."""
    land = Land(data)
    if data["claim"] not in ("optimal", "impossible"):
        return "nothing is claimed"
    if data["tree"] is None:
        return None if data["claim"] == "impossible" and land.has_no_number() else "no bounds"
    zones = land.list_zones(free=data["free"])
    prices = {int(mask, 16): price for mask, price in data["prices"].items()}
    asked = data["asked"]
    if data["zones"] != ([asked, asked] if asked else land.count_zones(free=data["free"])):
        return "the number of zones is limited without a reason"
    if data["claim"] == "optimal":
        limit = (data["value"] - 2) * data["grains"]
        wrong = check_division(data, zones, prices)
        if wrong:
            return wrong
        if any(price < 0 for price in prices.values()) or not set(prices) <= zones:
            return "a price is not that of a zone"
        pool = {zone: prices[zone] * data["grains"] for zone in zones if zone in prices}
    else:
        if data["free"] or prices:
            return "prices have nothing to do with what is impossible"
        limit, pool = 0, dict.fromkeys(zones, 0)
    return check_branch(data["tree"], pool, tuple(data["zones"]), limit)


def check_division(data: dict[str, Any], zones: set[int], prices: dict[int, int]) -> str | None:
    """Tell what is wrong with a division: every node once, its zones priced, their sum right."""
    masks = [sum(1 << node for node in zone) for zone in data["division"]]
    nodes = sorted(node for zone in data["division"] for node in zone)
    if nodes != list(range(len(data["weights"]))):
        return "the division does not hold every node once"
    if not set(masks) <= zones or not set(masks) <= set(prices):
        return "the division has a set of nodes that is no zone"
    if not data["zones"][0] <= len(masks) <= data["zones"][1]:
        return "the division has another number of zones"
    return None if sum(prices[mask] for mask in masks) == data["value"] else "the value is wrong"


def check_branch(
    branch: dict[str, Any], pool: dict[int, int], zones: tuple[int, ...], limit: int
) -> str | None:
    """Tell what is wrong with a branch: its bound must pass the limit, or its halves must."""
    if any(toll < 0 for toll in branch["tolls"]) or zones[0] > zones[1]:
        return None if zones[0] > zones[1] else "a toll is negative"
    beyond = {zone: price - weigh(branch, zone) for zone, price in pool.items()}
    worst = min(0, min(beyond.values(), default=0))
    base = sum(branch["nodes"]) - sum(branch["tolls"])
    base += branch["each"] * (zones[0] if branch["each"] > 0 else zones[1])
    if base + zones[1] * worst > limit:
        return None
    if not branch.get("below"):
        return "a branch is left open"
    top = limit - base - (zones[1] - 1) * worst
    kept = {zone: pool[zone] for zone in pool if beyond[zone] <= top}
    if branch["pair"] is not None:
        a, b = (1 << node for node in branch["pair"])
        one = {zone: kept[zone] for zone in kept if bool(zone & a) == bool(zone & b)}
        two = {zone: kept[zone] for zone in kept if not (zone & a and zone & b)}
        halves = ((one, zones), (two, zones))
    else:
        halves = ((kept, (zones[0], branch["count"])), (kept, (branch["count"] + 1, zones[1])))
    for below, (rest, number) in zip(branch["below"], halves, strict=True):
        wrong = check_branch(below, rest, number, limit)
        if wrong:
            return wrong
    return None


def weigh(branch: dict[str, Any], zone: int) -> int:
    """Return the value of a zone: of its nodes and of itself, less the tolls it pays."""
    value = branch["each"]
    value += sum(worth for node, worth in enumerate(branch["nodes"]) if zone >> node & 1)
    for triple, toll in zip(branch["triples"], branch["tolls"], strict=True):
        if sum(zone >> node & 1 for node in set(triple)) >= 2:
            value -= toll
    return value


class Land:
    """The piece: nodes, neighbours, band."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.weights, (self.lower, self.upper) = data["weights"], data["band"]
        self.all = (1 << len(self.weights)) - 1
        self.near = [0] * len(self.weights)
        for a, b in data["edges"]:
            self.near[a] |= 1 << b
            self.near[b] |= 1 << a

    def weigh(self, mask: int) -> int:
        return sum(weight for node, weight in enumerate(self.weights) if mask >> node & 1)

    def can_hold(self, total: int) -> bool:
        return total > 0 and -(-total // self.upper) * self.lower <= total

    def has_no_number(self) -> bool:
        return not self.can_hold(sum(self.weights)) or max(self.weights) > self.upper

    def count_zones(self, *, free: bool) -> list[int]:
        total = sum(self.weights)
        if free:
            return [1, len(self.weights)]
        large = [weight for weight in self.weights if weight > self.upper]
        rest = total - sum(large)
        return [len(large) - (-rest // self.upper), len(large) + rest // self.lower]

    def list_zones(self, *, free: bool) -> set[int]:
        """List connected sets layer by layer, without those that strand land."""
        most = sum(self.weights) if free else self.upper
        layer = {1 << node for node, weight in enumerate(self.weights) if weight <= most}
        zones = set()
        while layer:
            if free:
                zones |= layer
            else:
                heavy = [mask for mask in layer if self.weigh(mask) >= self.lower]
                zones |= {mask for mask in heavy if self.leaves_shares(mask)}
            after = set()
            for mask in layer:
                rim = 0
                for node, near in enumerate(self.near):
                    if mask >> node & 1:
                        rim |= near
                for node in range(len(self.weights)):
                    more = mask | 1 << node
                    if rim >> node & 1 and more != mask and self.weigh(more) <= most:
                        after.add(more)
            layer = after
        return zones if free else zones | self.list_lone()

    def list_lone(self) -> set[int]:
        """List nodes above the band with land without households."""
        layer = {1 << node for node, weight in enumerate(self.weights) if weight > self.upper}
        zones = set()
        while layer:
            zones |= layer
            layer = {
                mask | 1 << node
                for mask in layer
                for node, near in enumerate(self.near)
                if near & mask and not mask >> node & 1 and self.weights[node] == 0
            }
        return zones

    def leaves_shares(self, mask: int) -> bool:
        large = sum(1 << v for v, weight in enumerate(self.weights) if weight > self.upper)
        rest = self.all & ~mask & ~large
        while rest:
            part, rim = 0, rest & -rest
            while rim:
                part |= rim
                rim = 0
                for node, near in enumerate(self.near):
                    if part >> node & 1:
                        rim |= near & rest & ~part
            total = self.weigh(part)
            if not self.can_hold(total) and (total or not large):
                return False
            rest &= ~part
        return True


if __name__ == "__main__":
    trouble = check(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print("valid" if trouble is None else f"INVALID: {trouble}")
    sys.exit(0 if trouble is None else 1)
