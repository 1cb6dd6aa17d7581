"""Laws of terms: one file a law, with the columns that it reads; all are listed in `ours`."""
