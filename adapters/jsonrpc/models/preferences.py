"""Choices of a client, each a single word."""

from typing import Literal

CyberAccessProgram = Literal["standard", "daybreakBlue", "daybreakRed"]
Personality = Literal["none", "friendly", "pragmatic"]
ReasoningSummary = Literal["auto", "concise", "detailed", "none"]
ThreadStartSource = Literal["startup", "clear"]
Verbosity = Literal["low", "medium", "high"]
