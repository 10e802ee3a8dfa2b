package notify_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Nobody is told of a delivery that is not given up, and none is given up of which nobody
// is told: both are in one transaction, whatever ends the bridge.
func TestThatADeliveryIsGivenUpIsToldWithItsRecord(t *testing.T) {
	e := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	h := newHouse(t)
	h.queue(t, store.Webhook, e.URL, "opened-1")
	told := 0
	q, stop := h.run(t, notify.Options{
		Senders: map[store.DeliveryKind]notify.Sender{store.Webhook: webhooks(t)},
		GaveUp: func(ctx context.Context, d store.Delivery, _ error) error {
			inside, _, err := h.DeliveryOutcome(ctx, d.ID)
			if err != nil || inside != store.DeliveryFailed {
				t.Errorf("when it is told, the delivery is %s (%v)", inside, err)
			}
			outside, _, err := h.DeliveryOutcome(t.Context(), d.ID) //nolint:contextcheck // beside the transaction of ctx
			if err != nil || outside != store.DeliveryPending {
				t.Errorf("before it was told, others see the delivery %s (%v)", outside, err)
			}
			if told++; told == 1 {
				return errors.New("the disk is full")
			}
			return nil
		},
	})
	h.expect(t, "failed")
	h.clock.Add(notify.DefaultLease)
	q.Wake()
	d := h.expect(t, "failed")
	stop()
	if state, _, err := h.DeliveryOutcome(t.Context(), d.ID); err != nil || state != store.DeliveryFailed || told != 2 {
		t.Errorf("told %d times, the delivery is %s (%v)", told, state, err)
	}
}
