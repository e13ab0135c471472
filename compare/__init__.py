"""What a comparison is: requests and tiles, the run over several methods, costs, limits and results."""
