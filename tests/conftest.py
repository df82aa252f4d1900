"""Hand-made bars and scripts stand beside the tests; this puts them within reach of an import from any folder."""
