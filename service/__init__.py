"""What runs while nobody looks: crawls in processes of their own, what follows each, the web server."""
