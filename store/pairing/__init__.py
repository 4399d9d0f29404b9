"""Which announcement is which in another language: what pages say, what wordings share, what is near in meaning."""
