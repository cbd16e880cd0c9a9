"""Companies to try Tenure with: real trade names, everything else made up (see NOTICE.txt)."""
