"""What is done with kept files above the corpus: every reader, many processes, histories, other tools' folders."""
