package gateway

import "github.com/anteroom-chat/anteroom/widget"

// builtScripts are the files that this binary was built with.
func builtScripts() scripts {
	loader, built := widget.Loader()
	if !built {
		return scripts{}
	}
	return scripts{loader: loader, assets: widget.Assets(), files: widget.Files()}
}
