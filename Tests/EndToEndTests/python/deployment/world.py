class Fleet: pass
