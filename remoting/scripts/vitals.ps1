# vitals.ps1: to be written
