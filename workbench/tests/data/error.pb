
(
USER:ValueErrorTraceback:
  boom 