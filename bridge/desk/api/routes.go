package api

import (
	"context"
	"net/http"

	"github.com/anteroom-chat/anteroom/bridge/config"
)

// route is something that a program can ask for.
type route struct {
	method, path string
	// scope is what its token must allow.
	scope config.Scope
	run   func(a *API, ctx context.Context, q request) (reply, error)
	// apart is true of an act that makes its own transactions, and keeps by itself
	// what was done by an Idempotency-Key.
	apart bool
	// erases is true for what leaves no contact with whom its answer could be kept.
	erases bool
}

// routes are all of them.
func routes() []route {
	const (
		site    = Prefix + "v1/sites/{site}"
		all     = site + "/contacts"
		contact = all + "/{contact}"
		deals   = contact + "/deals"
	)
	return []route{
		{method: http.MethodGet, path: site, scope: config.ContactsRead, run: (*API).describeSite},
		{method: http.MethodGet, path: site + "/stats", scope: config.StatsRead, run: (*API).stats},
		{method: http.MethodGet, path: all, scope: config.ContactsRead, run: (*API).contacts},
		{method: http.MethodGet, path: all + ".csv", scope: config.ContactsRead, run: (*API).contactsCSV},
		{method: http.MethodPost, path: all + "/bulk", scope: config.ContactsWrite, run: (*API).bulk, apart: true},
		{method: http.MethodGet, path: site + "/deals", scope: config.DealsRead, run: (*API).siteDeals},
		{method: http.MethodGet, path: site + "/deals/sums", scope: config.DealsRead, run: (*API).dealSums},
		{method: http.MethodGet, path: contact, scope: config.ContactsRead, run: (*API).contact},
		{method: http.MethodPatch, path: contact, scope: config.ContactsWrite, run: (*API).changeContact},
		{method: http.MethodDelete, path: contact, scope: config.ContactsErase, run: (*API).erase, erases: true},
		{method: http.MethodGet, path: contact + "/export", scope: config.ContactsExport, run: (*API).export},
		{method: http.MethodGet, path: contact + "/pages", scope: config.ContactsRead, run: (*API).pages},
		{method: http.MethodPut, path: contact + "/tags/{tag}", scope: config.ContactsWrite, run: (*API).addTag},
		{method: http.MethodDelete, path: contact + "/tags/{tag}", scope: config.ContactsWrite, run: (*API).removeTag},
		{method: http.MethodPut, path: contact + "/variables/{name}", scope: config.ContactsWrite, run: (*API).setVariable},
		{method: http.MethodDelete, path: contact + "/variables/{name}", scope: config.ContactsWrite, run: (*API).unsetVariable},
		{method: http.MethodGet, path: site + "/rooms/{room}", scope: config.ContactsRead, run: (*API).room},
		{method: http.MethodGet, path: deals, scope: config.DealsRead, run: (*API).deals},
		{method: http.MethodPost, path: deals, scope: config.DealsWrite, run: (*API).addDeal},
		{method: http.MethodGet, path: deals + "/{number}", scope: config.DealsRead, run: (*API).deal},
		{method: http.MethodPatch, path: deals + "/{number}", scope: config.DealsWrite, run: (*API).changeDeal},
		{method: http.MethodGet, path: contact + "/messages", scope: config.MessagesRead, run: (*API).messages},
		{method: http.MethodPost, path: contact + "/messages", scope: config.MessagesWrite, run: (*API).send},
		{method: http.MethodPatch, path: contact + "/dialog", scope: config.DialogsWrite, run: (*API).changeDialog},
		{method: http.MethodPost, path: contact + "/chains/{chain}", scope: config.DialogsWrite, run: (*API).runChain},
		{method: http.MethodPost, path: contact + "/assistants/{assistant}", scope: config.DialogsWrite, run: (*API).handToAssistant},
	}
}
