"""Store images: kept ones with what every reader must say of them, and the proof of what damage in one may do."""
