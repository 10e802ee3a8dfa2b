package gateway

import (
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"net/http"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// scanned is what a scanner reads of an SVG of bars, each of whose modules is so many pixels.
func scanned(t *testing.T, svg string, pixels int) (text, width string) {
	t.Helper()
	var parsed struct {
		Width   string `xml:"width,attr"`
		ViewBox string `xml:"viewBox,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	must(t, xml.Unmarshal([]byte(svg), &parsed))
	var side int
	if _, err := fmt.Sscanf(parsed.ViewBox, "0 0 %d", &side); err != nil || len(parsed.Paths) != 2 {
		t.Fatalf("%v: %s", err, svg)
	}
	picture := image.NewGray(image.Rect(0, 0, side*pixels, side*pixels))
	draw.Draw(picture, picture.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	for bar := range strings.SplitSeq(strings.TrimPrefix(parsed.Paths[1].D, "M"), "M") {
		var x, y, long int
		if _, err := fmt.Sscanf(bar, "%d %dh%dv1", &x, &y, &long); err != nil {
			t.Fatalf("%q: %v", bar, err)
		}
		draw.Draw(picture, image.Rect(x*pixels, y*pixels, (x+long)*pixels, (y+1)*pixels), image.NewUniform(color.Black), image.Point{}, draw.Src)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	must(t, err)
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	must(t, err)
	return result.GetText(), parsed.Width
}

func TestCodeOfThePageThatIsAllChat(t *testing.T) {
	d := openDoor(t, nil)
	response, body := d.ask(http.MethodGet, "/shop/chat.svg", nil)
	text, width := scanned(t, body, 3)
	if text != d.server.URL+"/shop/chat" {
		t.Errorf("scanners read %q", text)
	}
	var millimetres int
	if _, err := fmt.Sscanf(width, "%dmm", &millimetres); err != nil || millimetres < 30 || millimetres > 60 {
		t.Errorf("it is printed %s wide", width)
	}
	h := response.Header
	if h.Get("Content-Type") != "image/svg+xml" || h.Get("Cache-Control") != "public, max-age=3600" || h.Get("Content-Security-Policy") != "default-src 'none'" || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", h)
	}
	// What is asked with it changes nothing, nor does the name that the bridge was called by.
	for _, query := range []string{"?lang=ru", "?text=%3Cscript%3E", "?size=100000000"} {
		if _, other := d.ask(http.MethodGet, "/shop/chat.svg"+query, nil, "Host", "evil.example", "X-Forwarded-Host", "evil.example"); other != body {
			t.Errorf("%s: another code", query)
		}
	}
	if response, body = d.ask(http.MethodGet, "/shop/chat.svg", nil, "If-None-Match", h.Get("ETag")); response.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("known already: %d %s", response.StatusCode, body)
	}
	response, body = d.ask(http.MethodGet, "/blog/chat.svg", nil)
	refusal(t, response, body, chat.CodeUnknownSite)
	response, body = d.ask(http.MethodPost, "/shop/chat.svg", nil)
	refusal(t, response, body, chat.CodeBadMethod)
}
