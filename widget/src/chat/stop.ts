/** The gateway closes a link with this code when it is not to come back; an error frame before it says why. See bridge/gateway/wire. */
export const closeStop = 4001;

/** And with this one when it is to come back: so it let the link in. */
export const closeReconnect = 4000;
