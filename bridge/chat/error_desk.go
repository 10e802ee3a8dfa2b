package chat

// The codes that operators and their programs meet; no widget does.
const (
	CodeBadContact  Code = "bad_contact"  // a contact's field that there is not, or a value of the wrong form
	CodeBadDeal     Code = "bad_deal"     // a pipeline, stage or status that there is not
	CodeUnknownDeal Code = "unknown_deal" // the visitor has no such deal
)
