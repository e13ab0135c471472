"""The page: inputs, settings, tiles, and the handlers behind them. Only app.py and ui/ know Gradio."""
