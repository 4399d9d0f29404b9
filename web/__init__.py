"""The feeds over HTTP and a page that lists them. Imports feeds and the store, and nothing else of zerowire."""
