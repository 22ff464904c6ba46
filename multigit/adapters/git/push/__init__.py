"""One push: what is sent, whether it was sent, whether it is still running, why it was refused."""
