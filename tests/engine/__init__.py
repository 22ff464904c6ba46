"""The engine on the fake git: in which order it prepares, publishes and deploys."""
