/* The division table, as a broker's home gets it at init. */
        .section .rodata
        .global tocsind_divisions
        .global tocsind_divisions_end
tocsind_divisions:
        .incbin "divisions.csv"
tocsind_divisions_end:
        .byte 0
        .section .note.GNU-stack,"",%progbits
