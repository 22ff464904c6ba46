"""One suite of facts about the git port, checked for the fake and for the real one."""
