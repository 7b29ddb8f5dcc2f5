"""How `w2vctc align` goes through recordings and their texts."""
