package chat

// IsPicture reports whether browsers draw files of that media type in place,
// and run nothing that is in them. All other pictures are files to download:
// those that only other programs know (HEIC, TIFF, PSD), and SVG, which can
// hold scripts.
func IsPicture(mediaType string) bool {
	switch mediaType {
	case "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp":
		return true
	default:
		return false
	}
}

// PictureType returns the registered name of a picture's media type that goes
// by others too, and any other type as it is.
func PictureType(mediaType string) string {
	switch mediaType {
	case "image/jpg", "image/pjpeg":
		return "image/jpeg"
	case "image/x-png", "image/apng", "image/vnd.mozilla.apng": // an animated PNG is a PNG
		return "image/png"
	case "image/x-bmp", "image/x-ms-bmp":
		return "image/bmp"
	default:
		return mediaType
	}
}
