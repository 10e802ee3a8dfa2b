package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/color"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"github.com/anteroom-chat/anteroom/bridge/asset"
	"github.com/anteroom-chat/anteroom/bridge/chat"
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

// code is the QR code of a site's page that is all chat, as it is served.
type code struct{ drawn, tag string }

// codes are drawn once for each site, when the first is asked for: anybody may ask, and
// drawing takes a thousand times what serving takes.
type codes struct {
	mu    sync.Mutex
	known map[chat.SiteID]code
}

func (c *codes) of(site chat.SiteID, address string) (code, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.known[site]; ok {
		return known, nil
	}
	// A quarter of it (level Q) may be soiled or torn, as what hangs at doors is.
	bars, err := qr.Encode(address, qr.Q, qr.Auto)
	if err != nil {
		return code{}, fmt.Errorf("write the QR code of site %s: %w", site, err)
	}
	drawn := drawCode(bars)
	sum := sha256.Sum256([]byte(drawn))
	if c.known == nil {
		c.known = map[chat.SiteID]code{}
	}
	c.known[site] = code{drawn, `"` + hex.EncodeToString(sum[:8]) + `"`}
	return c.known[site], nil
}

// serveCode is the QR code of the page that is all chat, to print. What is in it is of the
// config alone: nothing that the request says.
func (g *Gateway) serveCode(w http.ResponseWriter, r *http.Request, site *config.Site, _ *siteFiles) error {
	shown, err := g.codes.of(site.ID, g.links.public+"/"+string(site.ID)+"/chat")
	if err != nil {
		return err
	}
	kind, _ := asset.TypeOf(".svg")
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(codeKept.Seconds())))
	h.Set("ETag", shown.tag)
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the site's own pages may show it
	h.Set("Content-Disposition", `inline; filename="`+string(site.ID)+`-chat.svg"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(shown.drawn))
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
