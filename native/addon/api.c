// SPDX-License-Identifier: GPL-2.0-only
/* Functions and arguments between JavaScript and C: see api.h. */
#include <errno.h>

#include "api.h"

void libos_function_of(napi_env env, napi_value exports, const char *name, napi_callback function,
		       void *data)
{
	napi_value value;

	if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, data, &value) != napi_ok ||
	    napi_set_named_property(env, exports, name, value) != napi_ok)
		napi_fatal_error("libos_function", NAPI_AUTO_LENGTH, name, NAPI_AUTO_LENGTH);
}

void libos_function(napi_env env, napi_value exports, const char *name, napi_callback function)
{
	libos_function_of(env, exports, name, function, NULL);
}

struct libos_call libos_begin(napi_env env, napi_callback_info info)
{
	struct libos_call call = { .env = env, .count = LIBOS_ARGUMENTS_MAX };

	napi_get_cb_info(env, info, &call.count, call.values, NULL, &call.data);
	return call;
}

int64_t libos_integer(const struct libos_call *call, size_t index)
{
	int64_t value = 0;

	if (index < call->count)
		napi_get_value_int64(call->env, call->values[index], &value);
	return value;
}

bool libos_has(const struct libos_call *call, size_t index)
{
	napi_valuetype type = napi_undefined;

	if (index < call->count)
		napi_typeof(call->env, call->values[index], &type);
	return type != napi_undefined && type != napi_null;
}

struct libos_bytes libos_bytes(const struct libos_call *call, size_t index)
{
	static const uint8_t element_bytes[] = {
		[napi_int8_array] = 1,	  [napi_uint8_array] = 1,   [napi_uint8_clamped_array] = 1,
		[napi_int16_array] = 2,	  [napi_uint16_array] = 2,  [napi_int32_array] = 4,
		[napi_uint32_array] = 4,  [napi_float32_array] = 4, [napi_float64_array] = 8,
		[napi_bigint64_array] = 8, [napi_biguint64_array] = 8,
	};
	struct libos_bytes bytes = { 0 };
	napi_typedarray_type type;
	void *start = NULL;

	if (!libos_has(call, index))
		return bytes;
	if (napi_get_typedarray_info(call->env, call->values[index], &type, &bytes.length, &start,
				     NULL, NULL) == napi_ok) {
		bytes.length *= element_bytes[type];
	} else if (napi_get_dataview_info(call->env, call->values[index], &bytes.length, &start,
					  NULL, NULL) != napi_ok) {
		bytes.length = 0;
		napi_throw_type_error(call->env, NULL, "libos: bytes are a typed array or a DataView");
	}
	bytes.start = start;
	return bytes;
}

struct libos_bytes libos_range(const struct libos_call *call, size_t index)
{
	struct libos_bytes bytes = libos_bytes(call, index);
	int64_t offset = libos_integer(call, index + 1);
	int64_t length = libos_integer(call, index + 2);

	if (offset < 0 || length < 0 || (uint64_t)offset > bytes.length ||
	    (uint64_t)length > bytes.length - (uint64_t)offset) {
		napi_throw_range_error(call->env, NULL, "libos: the range lies outside of its bytes");
		return (struct libos_bytes){ 0 };
	}
	return (struct libos_bytes){ bytes.start + offset, (size_t)length };
}

bool libos_text(const struct libos_call *call, size_t index, char *text, size_t size)
{
	size_t length = 0;

	if (index < call->count &&
	    napi_get_value_string_utf8(call->env, call->values[index], NULL, 0, &length) == napi_ok &&
	    length < size) {
		napi_get_value_string_utf8(call->env, call->values[index], text, size, &length);
		return true;
	}
	napi_throw_type_error(call->env, NULL, "libos: a string of a length that fits is needed");
	return false;
}

void *libos_handle(const struct libos_call *call, size_t index, const char *what)
{
	void *data = NULL;

	if (napi_get_value_external(call->env, call->values[index], &data) != napi_ok || !data)
		napi_throw_type_error(call->env, NULL, what);
	return data;
}

napi_value libos_number(napi_env env, double value)
{
	napi_value number;

	napi_create_double(env, value, &number);
	return number;
}

napi_value libos_result(napi_env env, int64_t result)
{
	napi_value number;

	napi_create_int64(env, result < 0 ? -errno : result, &number);
	return number;
}
