package errcode

// mediaRows are the codes of media files (素材) and uploads.
var mediaRows = []row{
	{40004, InvalidArgument, RetryNever, "type of the media invalid (媒体文件类型)"},
	{40005, InvalidArgument, RetryNever, "type of the file not allowed"},
	{40006, InvalidArgument, RetryNever, "size of the file not allowed"},
	{40007, InvalidArgument, RetryNever, "media_id invalid, expired after three days, or of another account"},
	{40009, InvalidArgument, RetryNever, "picture too large"},
	{40010, InvalidArgument, RetryNever, "voice too large"},
	{40011, InvalidArgument, RetryNever, "video too large"},
	{40012, InvalidArgument, RetryNever, "thumbnail too large"},
	{40113, InvalidArgument, RetryNever, "file type not supported, or the file name has no extension"},
	{40118, InvalidArgument, RetryNever, "length of the media_id wrong"},
	{40121, InvalidArgument, RetryNever, "media_id of the wrong type"},
	{40128, InvalidArgument, RetryNever, "media_id must be of permanent material (永久素材)"},
	{40137, InvalidArgument, RetryNever, "format of the picture not supported"},
	{41005, InvalidArgument, RetryNever, "no media in the form: the part needs the name media and a file name"},
	{41006, InvalidArgument, RetryNever, "media_id missing"},
	{44001, InvalidArgument, RetryNever, "media file empty"},
	{45001, InvalidArgument, RetryNever, "media file too large (多媒体文件大小超过限制)"},
	{45007, InvalidArgument, RetryNever, "playing time too long"},
	{45074, QuotaExhausted, RetryOperator, "too many permanent materials: delete some"},
	{46001, InvalidArgument, RetryNever, "media does not exist"},
	{48005, InvalidArgument, RetryNever, "in use by an automatic reply or the menu: cannot be deleted"},
	{48010, NoPermission, RetryOperator, "material must not be changed"},
	{48013, InvalidArgument, RetryNever, "video was not uploaded by the new call"},
	{48014, InvalidArgument, RetryNever, "video has not passed the review"},
}
