/* The document that describes what the gateway serves, as it stands in proto/. */
    .section .rodata
    .global gateway_openapi
    .global gateway_openapi_end
gateway_openapi:
    .incbin "gateway.openapi.json"
gateway_openapi_end:
    .byte 0
    .section .note.GNU-stack,"",%progbits
