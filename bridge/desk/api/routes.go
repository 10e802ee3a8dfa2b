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
		{http.MethodGet, all, config.ContactsRead, (*API).contacts},
		{http.MethodGet, contact, config.ContactsRead, (*API).contact},
		{http.MethodPatch, contact, config.ContactsWrite, (*API).changeContact},
		{http.MethodPut, contact + "/tags/{tag}", config.ContactsWrite, (*API).addTag},
		{http.MethodDelete, contact + "/tags/{tag}", config.ContactsWrite, (*API).removeTag},
		{http.MethodPut, contact + "/variables/{name}", config.ContactsWrite, (*API).setVariable},
		{http.MethodDelete, contact + "/variables/{name}", config.ContactsWrite, (*API).unsetVariable},
		{http.MethodGet, site + "/rooms/{room}", config.ContactsRead, (*API).room},
		{http.MethodGet, deals, config.DealsRead, (*API).deals},
		{http.MethodPost, deals, config.DealsWrite, (*API).addDeal},
		{http.MethodGet, deals + "/{number}", config.DealsRead, (*API).deal},
		{http.MethodPatch, deals + "/{number}", config.DealsWrite, (*API).changeDeal},
		{http.MethodGet, contact + "/messages", config.MessagesRead, (*API).messages},
		{http.MethodPost, contact + "/messages", config.MessagesWrite, (*API).send},
		{http.MethodPatch, contact + "/dialog", config.DialogsWrite, (*API).changeDialog},
		{http.MethodPost, contact + "/chains/{chain}", config.DialogsWrite, (*API).runChain},
	}
}
