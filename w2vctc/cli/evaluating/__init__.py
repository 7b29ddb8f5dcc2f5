"""What `w2vctc evaluate` is made of: systems that listen, and the three files of its report."""
