package gateway

import (
	"context"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// A page that could not be stored in its time is not stored behind those that came after it.
func TestAPageThatFailedIsNotStoredOverNewerOnes(t *testing.T) {
	d := openDoor(t, nil)
	in, err := d.dialog.Enter(t.Context(), "shop", newSecret(), store.Device{})
	must(t, err)
	p := pageTurner{of: &conversation{g: d.gateway, in: in}}
	works := d.gateway.ctx
	ended, end := context.WithCancel(works)
	end()

	d.gateway.ctx = ended
	p.next = &wire.Page{URL: "https://shop.example.com/failed"}
	p.late()
	d.gateway.ctx = works
	must(t, p.show(t.Context(), wire.Page{URL: "https://shop.example.com/newer"}, time.Now().Add(2*pace)))
	must(t, p.close())
	views, err := d.store.Views(t.Context(), in.Visitor)
	must(t, err)
	if len(views) != 1 || views[0].URL != "https://shop.example.com/newer" {
		t.Errorf("the visitor was on %+v", views)
	}
}
