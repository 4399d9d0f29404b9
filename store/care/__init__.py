"""What an archive needs besides use: a copy while it runs, an examination, repairs."""
