package gateway

import (
	"fmt"
	"image/color"
	"net/http"
	"strings"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

const (
	// quiet are the white modules around a code without which scanners miss it
	// (ISO/IEC 18004, "quiet zone").
	quiet = 4
	// module is the width of one in a code that is printed as it is, in millimetres: the
	// code of a usual address is then 3 to 4 cm wide, which phones read from an arm's length.
	module = 1
	// codeKept is how long a code may be shown without asking again: its address is
	// the site's for as long as public_url is.
	codeKept = time.Hour
)

// codeOf draws the QR code of the page that is all chat.
func codeOf(page string) (*asset.File, error) {
	// A quarter of it (level Q) may be soiled or torn, as what hangs at doors is.
	bars, err := qr.Encode(page, qr.Q, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("write the QR code of %s: %w", page, err)
	}
	kind, _ := asset.TypeOf(".svg")
	return asset.New(kind, []byte(drawCode(bars))), nil
}

// serveCode is the QR code of the page that is all chat, to print. What is in it is of the
// config alone: nothing that the request says.
func (g *Gateway) serveCode(w http.ResponseWriter, r *http.Request, site *config.Site, files *siteFiles) error {
	code, err := files.code()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Content-Disposition", `inline; filename="`+string(site.ID)+`-chat.svg"`)
	code.Serve(w, r, fmt.Sprintf("public, max-age=%d", int(codeKept.Seconds())))
	return nil
}

// drawCode draws the dark modules of each line as bars, in one path. The white ground is a
// part of it: a code on a dark page is not read.
func drawCode(code barcode.Barcode) string {
	size := code.Bounds().Dx()
	dark := func(x, y int) bool { return x < size && color.GrayModel.Convert(code.At(x, y)) == color.Gray{} }
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	whole := size + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%dmm" height="%dmm" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="%s"/></svg>`,
		whole*module, whole*module, whole, whole, whole, whole, path.String())
}
