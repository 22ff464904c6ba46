"""One suite of facts about the git port, held against the fake and the real one."""
