package chat

// The codes that operators and their programs meet; no widget does.
const (
	CodeBadContact      Code = "bad_contact"        // a contact's field that there is not, or a value of the wrong form
	CodeBadVariable     Code = "bad_variable"       // a variable's name of the wrong form
	CodeBadDeal         Code = "bad_deal"           // a pipeline, stage or status that there is not
	CodeBadAmount       Code = "bad_amount"         // a deal's amount, or its currency, that is none
	CodeUnknownDeal     Code = "unknown_deal"       // the visitor has no such deal
	CodeBadRequest      Code = "bad_request"        // a program's request that is not what the API takes
	CodeBadScope        Code = "bad_scope"          // the token does not allow that
	CodeUnknownContact  Code = "unknown_contact"    // the site has no such contact
	CodeUnknownOperator Code = "unknown_operator"   // nobody of the site's operators
	CodeMoved           Code = "moved"              // the visitor signed in and reads another dialog since
	CodeClosed          Code = "closed"             // the dialog is closed, and has to be opened first
	CodeNoAddress       Code = "no_address"         // no address of the contact is known
	CodeWrongNumber     Code = "wrong_number"       // not the number of the contact that is to be erased
	CodeNotOperator     Code = "not_operator"       // who signed in is no operator of such a site
	CodeBadOpenID       Code = "bad_openid"         // the homeserver does not know the OpenID token, or not any more
	CodeForeignServer   Code = "foreign_server"     // the OpenID token is of another homeserver
	CodeNoOpenID        Code = "openid_unavailable" // the homeserver confirms no OpenID tokens, now or at all
	CodeBadLink         Code = "bad_link"           // the one-time link was used, is too old or was replaced
	CodeUnknownRoom     Code = "unknown_room"       // the room is none of the site's
	CodeKeyReused       Code = "key_reused"         // the idempotency key was used for something else
)
