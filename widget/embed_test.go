package widget_test

import (
	"bytes"
	"io/fs"
	"testing"

	"github.com/anteroom-chat/anteroom/widget"
)

func TestEmbeddedWidgetIsWhole(t *testing.T) {
	loader, ok := widget.Loader()
	if !ok {
		t.Skip("the widget is not built: run `npm ci && npm run build` in widget/")
	}
	if n := bytes.Count(loader, []byte(widget.SettingsMarker)); n != 1 {
		t.Errorf("the loader holds %s %d times, want once", widget.SettingsMarker, n)
	}
	assets := widget.Assets()
	for _, name := range []string{"transport", "chat", "en", "ru"} {
		if _, err := fs.Stat(widget.Files(), assets[name]); err != nil {
			t.Errorf("chunk %q is named %q in the manifest: %v", name, assets[name], err)
		}
	}
	if !widget.Built() {
		t.Error("Built() = false with a loader and assets embedded")
	}
}

func TestLoaderAndBuiltAgree(t *testing.T) {
	if _, ok := widget.Loader(); ok != widget.Built() {
		t.Errorf("Loader and Built do not agree: %v, %v", ok, widget.Built())
	}
}
