# storage.ps1: to be written
