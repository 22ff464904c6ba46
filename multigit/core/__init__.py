"""Pure values and rules: no git, network, clock, console or environment in here."""
