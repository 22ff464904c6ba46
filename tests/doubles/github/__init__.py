"""A stateful double of GitHub's REST API over real bare repositories."""

from .runs import Environment, Point, Run, Start
from .server import TOKEN, Asked, GitHub, Violation
from .world import Repository, Token

__all__ = [
    "TOKEN",
    "Asked",
    "Environment",
    "GitHub",
    "Point",
    "Repository",
    "Run",
    "Start",
    "Token",
    "Violation",
]
