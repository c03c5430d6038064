// SPDX-License-Identifier: GPL-2.0-only
/* Prints a file. Linked statically, each of its opens is caught. */
#include <stdio.h>

int main(int count, char **values)
{
	FILE *file = count > 1 ? fopen(values[1], "r") : NULL;
	int letter;

	if (!file) {
		perror("fopen");
		return 1;
	}
	while ((letter = getc(file)) != EOF)
		putchar(letter);
	return 0;
}
