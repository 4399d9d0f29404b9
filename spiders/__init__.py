"""The sources that are watched: one small file an organisation, found by its being here."""
