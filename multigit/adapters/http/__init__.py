"""The one door to the web: one request, one answer, a limit over everything."""
