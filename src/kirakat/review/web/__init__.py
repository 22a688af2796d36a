"""What every page rests on: who is asking, may they, and how answers look."""
